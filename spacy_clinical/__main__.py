from spacy_clinical.cli import main

if __name__ == "__main__":
    main()
