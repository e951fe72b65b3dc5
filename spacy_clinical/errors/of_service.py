"""Errors of the service: C934 to C936, C98x and C99x."""

from spacy_clinical.errors.messages import Catalog


class ServiceErrors(metaclass=Catalog):
    """Errors of requests, and of starting the service."""

    C980 = (
        "The body has more than {limit} bytes. Send fewer notes or pages at once, or "
        "start the service with a larger {option}."
    )
    C981 = "The body isn't valid JSON: see line {line}, column {column}."
    C982 = (
        "The request can't be used: {where} must be {expected}. /docs describes what is "
        "accepted, with examples."
    )
    C983 = (
        "The service has all the work it can take: {what}. Try again in {seconds} "
        "seconds, as the header Retry-After says."
    )
    C984 = "The body didn't arrive within {seconds} seconds."
    C985 = (
        "The work wasn't done within {seconds} seconds. Send fewer notes at once, or "
        "start the service with a larger --timeout."
    )
    C986 = (
        "The request needs the header 'Authorization: Bearer TOKEN', with the token of "
        "this service."
    )
    C987 = (
        "The service would listen on {host}, where other machines can reach it, without "
        "a token. Set {variable} or --token-file, or give --no-token if something in "
        "front of the service checks who calls."
    )
    C988 = (
        "There is nothing at this path, or not for this method. /docs lists all paths."
    )
    C989 = (
        "The pipeline of this service has no {name}, which this path needs. Start the "
        "service with a pipeline that has it."
    )
    C990 = "The header Accept allows nothing that this path can send: {offered}."
    C991 = (
        "The pipeline has no component with the name that was given as 'component'. "
        "Available: {available}."
    )
    C992 = "The service isn't ready: it is starting or stopping."
    C993 = (
        "The service needs packages that aren't installed: pip install "
        "'spacy-clinical[serve]'."
    )
    C994 = "The token in {where} can't be used: {reason}."
    C995 = (
        "The service failed with {kind}. Its log has the request's id; what was sent is "
        "in no log."
    )
    C996 = (
        "The request came through another site or under another name than that of this "
        "machine, which a service without a token doesn't answer."
    )
    C997 = "The service can't listen on {host}, port {port}: {reason}."
    C998 = (
        "Several workers share weights by forking, which this system doesn't do. Leave "
        "out --workers, and start several services."
    )
    C999 = (
        "The workers of the service end as soon as they start ({n} in a row). The lines "
        "before this one say why."
    )


class BodyErrors(metaclass=Catalog):
    """Errors of bodies of requests that would be read as something else."""

    C934 = (
        "The body is compressed, as its header Content-Encoding says. Send it as it is."
    )
    C935 = (
        "This path can't read bodies of the type that the header Content-Type names. "
        "Send JSON as application/json, and files as application/octet-stream or as the "
        "one file of a form. Pictures and PDFs belong to /v1/forms."
    )
    C936 = (
        "The body has a key twice in one object, of which only one could be read. Send "
        "several notes as the list 'notes'."
    )
