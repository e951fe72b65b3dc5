import os

# Read when huggingface_hub is imported, so before anything else here.
os.environ["HF_HUB_OFFLINE"] = "1"
