"""Reader of CodiEsp: clinical cases with the ICD-10-CM codes of their diagnoses.

SOURCE: Miranda-Escalada et al. 2020, Overview of automatic clinical coding: CodiEsp
Track; CC BY 4.0, doi 10.5281/zenodo.3837305.
"""

import random
from collections.abc import Iterator
from pathlib import Path

from spacy.language import Language
from spacy.training import Example

from spacy_clinical.corpora.augment import Augmenter, augment
from spacy_clinical.corpora.folds import Folds
from spacy_clinical.errors import CodedValueError, Errors
from spacy_clinical.files.regular import coded_errors, read_regular
from spacy_clinical.icd9.tables import find_icd9_categories

TEXTS = "text_files_en"


class CodiEspCorpus:
    """Corpus of Examples from a part of CodiEsp (train, dev or test)."""

    def __init__(
        self,
        path: str | Path | None,
        *,
        fold: int | None = None,
        n_folds: int = 5,
        held_out: bool = False,
        augmenter: Augmenter | None = None,
        shuffle: bool = False,
        limit: int = 0,
    ) -> None:
        """Set up the corpus; files are read when it is called.

        path: A folder with a table of codes (such as trainD.tsv) and the English texts
            (text_files_en).
        fold: For cross-validation: number of the fold to leave out, starting at 0.
            Texts are assigned to folds in the order of a fixed shuffle. None for all
            texts.
        n_folds: Number of folds.
        held_out: Whether to read only the texts of the fold, instead of the others.
        augmenter: See spaCy's Corpus.
        shuffle: Whether to change the order in each iteration.
        limit: Maximum number of texts to read; 0 for all.
        RAISES ValueError: C410, if path is None.
        """
        if path is None:
            raise CodedValueError(Errors.C410)
        self.path = Path(path)
        self.folds = Folds(fold, n_folds, held_out)
        self.augmenter = augmenter
        self.shuffle = shuffle
        self.limit = limit

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Read the texts.

        nlp: The pipeline whose tokenizer to use.
        YIELDS: One Example for each text. Its `cats` has the ICD-9-CM categories that
            its codes are mapped to; all others count as absent.
        RAISES ValueError: C302, C350, C411 or C412, if a file is missing or broken.
        """
        yield from augment(nlp, self._read_examples(nlp), self.augmenter)

    def _read_examples(self, nlp: Language) -> Iterator[Example]:
        codes = self._read_codes()
        names = self.folds.choose(sorted(codes))
        if self.shuffle:
            random.shuffle(names)
        for name in names[: self.limit or None]:
            text = _read_text(self.path / TEXTS / f"{name}.txt")
            categories = {c for code in codes[name] for c in find_icd9_categories(code)}
            cats = dict.fromkeys(sorted(categories), 1.0)
            yield Example.from_dict(nlp.make_doc(text), {"cats": cats})

    def _read_codes(self) -> dict[str, list[str]]:
        """Read the codes of each text; an empty list if the table has none."""
        tables = sorted(self.path.glob("*D.tsv"))
        texts = sorted((self.path / TEXTS).glob("*.txt"))
        if not tables or not texts:
            raise CodedValueError(Errors.C411.format(path=self.path))
        codes: dict[str, list[str]] = {path.stem: [] for path in texts}
        rows = _read_text(tables[0]).splitlines()
        for number, row in enumerate(rows, start=1):
            name, tab, code = row.partition("\t")
            if not tab or name not in codes or not code.strip():
                raise CodedValueError(
                    Errors.C412.format(row=number, name=tables[0].name)
                )
            codes[name].append(code.split("\t")[0].strip())
        return codes


def _read_text(path: Path) -> str:
    with coded_errors(path):
        text = read_regular(path).decode("utf8")
    # Line ends as in Python's text mode.
    return text.replace("\r\n", "\n").replace("\r", "\n")
