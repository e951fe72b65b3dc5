"""The usual baseline for codes of notes: TF-IDF and a logistic regression a code."""

from collections.abc import Sequence
from typing import Any

import numpy

SETTINGS: dict[str, dict[str, Any]] = {
    f"TF-IDF + LR (C={C}, {weight or 'unweighted'})": {"C": C, "class_weight": weight}
    for weight in (None, "balanced")
    for C in (1, 10, 100)
}


def score_texts(
    seen: Sequence[str],
    gold: numpy.ndarray,
    texts: Sequence[str],
    settings: dict[str, Any],
) -> numpy.ndarray:
    """Learn from some texts, and score others.

    gold (n_seen, n_codes). RETURNS (n_texts, n_codes): Probabilities.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    vectorizer = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2)
    X, X_new = vectorizer.fit_transform(seen), vectorizer.transform(texts)
    columns = []
    for of_code in gold.T:
        model = LogisticRegression(solver="liblinear", max_iter=300, **settings)
        model.fit(X, of_code)
        columns.append(model.predict_proba(X_new)[:, 1])
    return numpy.stack(columns, axis=1)
