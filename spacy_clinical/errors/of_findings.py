"""Errors of cues, abbreviations, corpora with parts labelled, stored weights, and of
identifiers and their removal: C85x to C89x."""

from spacy_clinical.errors.messages import Catalog


class FindingErrors(metaclass=Catalog):
    """Errors of what is said of findings, and of what models of them are made of."""

    C850 = (
        "Unknown category in the cues '{key}'{where}. There are: {known}. A key is a "
        "category, a direction and perhaps a reach: 'negated before'."
    )
    C851 = (
        "Unknown direction or reach in the cues '{key}'{where}. Directions: {known}. "
        "Reaches: none, phrase, result."
    )
    C852 = (
        "Cue {number} of '{key}'{where} can't be looked for: it has no word, or names a "
        "list of words that there isn't."
    )
    C853 = "Can't read the cues in '{name}': line {line} isn't as in an INI file."
    C854 = "Component '{name}' knows no {setting} '{unknown}'. There are: {known}."
    C855 = (
        "Component '{name}' reads the encoder of component '{component}', which isn't in "
        "the pipeline or runs no checkpoint. Add it before '{name}', or let the rules "
        'decide alone: decide = "rules".'
    )
    C856 = (
        "Component '{name}' is to decide by \"{decide}\", but its model hasn't been "
        'trained. Train it, load a trained pipeline, or set decide = "rules".'
    )
    C857 = (
        "Component '{name}' can't learn from examples in which no attribute is true for "
        "any entity. Check the reader's setting 'attributes', or that the component's "
        "settings use_ents, spans_keys and labels cover the annotated entities."
    )
    C858 = (
        "Component '{name}' can't decide by \"{decide}\" without a model that learns, "
        'such as spacy-clinical.AssertionHead.v1. Set one, or decide = "rules".'
    )
    C859 = (
        "The setting 'hints' of component '{name}' needs a list of words for each "
        'attribute: {{"is_uncertain": ["may", "possible"]}}.'
    )
    C860 = (
        "No attribute of assertion is called '{name}', which '{key}' of a BRAT file is to "
        "set. There are: {known}."
    )
    C864 = "Can't read the abbreviations in '{name}': line {line} {reason}."
    C865 = (
        "Can't read the names for '{label}' from '{path}': {reason}. It must be a text "
        "file in UTF-8 with one name on each line."
    )
    C866 = (
        "The setting '{setting}' of the augmenter must be a number from 0 to 1, not "
        "{value}."
    )
    C867 = (
        "The augmenter has names for '{label}', but no entity has that label, and no "
        "component of the pipeline knows it. There are: {known}."
    )
    C868 = (
        "Can't read checkpoint '{name}': {file} stores its weights in a way that this "
        "version of spacy_clinical doesn't know. Upgrade it, or save the weights as "
        "plain safetensors."
    )
    C869 = (
        "Can't save the encoder '{name}' with storage = \"{storage}\": '{table}' has "
        "values that aren't finite numbers. Train with a lower learning rate; "
        'storage = "float32" saves the weights as they are.'
    )
    C870 = (
        "Label '{label}' of a partly labelled corpus has no type. Leave it out instead."
    )
    C871 = (
        "Label '{label}' of a partly labelled corpus has the same first type, '{first}', "
        "as another label, but not the same types. Give both the same list."
    )
    C872 = "The weight of a partly labelled corpus must be positive, not {weight}."
    C873 = (
        "Can't read a PubTator corpus without a path. Give the file in the config, or on "
        "the command line: --paths.train train.PubTator.txt"
    )
    C874 = (
        "Can't read line {line} of '{name}' as PubTator: it must be id|t|title, "
        "id|a|abstract, or id, start, end, words, type (with tabs between), with the "
        "words at these characters of title, space, abstract."
    )
    C875 = (
        "Component '{name}' can't read long forms for abbreviations: its encoder is a "
        "listener, not its own checkpoint. Set expand_abbreviations = false."
    )
    C880 = (
        "Component '{name}' can't decode by \"{decoder}\" without a threshold: nothing "
        "was published for its checkpoint. Set threshold (from 0 to 1), or decoder = "
        '"argmax".'
    )
    C881 = (
        "Component '{name}' can't decide by \"{decide}\" without a model that finds "
        "identifiers, such as spacy-clinical.TokenClassifier.v1. Set one, or decide = "
        '"rules".'
    )
    C882 = (
        "Can't use what is known of a patient: doc._.known_identifiers must be lists of "
        "texts by {kinds}."
    )
    C883 = (
        "'{path}' has clean notes or annotations of a run with other settings, which "
        "can't be mixed with those of this one, not even with --force: {what} differ. "
        "Give another folder, or delete that run with --restart."
    )
    C884 = (
        "There is nothing to search for: the text has no letters or digits. Give an id, "
        "or words of a name."
    )
    C890 = "There is no {what} '{name}' of removing identifiers. There are: {known}."
    C891 = (
        "Can't use {where}: {reason}. Give a secret of at least 16 bytes, such as "
        "'openssl rand -hex 32' makes."
    )
    C892 = (
        "The clean text still had identifiers at {n} places, so it is thrown away. Take "
        "the mode tag or mask for this note."
    )
    C893 = (
        'No component has looked for identifiers: {where} has no doc.spans["phi"]. Take '
        "a pipeline with one that writes it; on the command line, with --model."
    )
    C894 = (
        "Surrogates need Faker, which isn't installed: pip install "
        "'spacy-clinical[surrogates]'. Other modes don't need it."
    )
    C895 = (
        "This note ({n_chars} characters) isn't written, as its identifiers may not all "
        "be removed: component '{name}' failed on it{code}."
    )
    C896 = (
        "Page {page} of '{name}' isn't written, because it can't be blacked out: "
        "{reason}."
    )
    C897 = (
        "The Doc of the clean text had identifiers in {n} labels or ids, so it is thrown "
        "away. Leave out its annotations: call deidentify without nlp."
    )
