from spacy_clinical.about import __version__
from spacy_clinical.models import list_models, load, model_path

__all__ = ["__version__", "list_models", "load", "model_path"]
