__title__ = "spacy_clinical"
__version__ = "0.1.0"
