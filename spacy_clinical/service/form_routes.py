"""The path for forms."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from spacy_clinical.errors import CodedError, Errors
from spacy_clinical.forms.limits import TIMEOUT
from spacy_clinical.service.accept import HTML, JSON, choose_type
from spacy_clinical.service.descriptions import FORMS
from spacy_clinical.service.forms import draw_form, write_form
from spacy_clinical.service.problems import Problem, get_request_id
from spacy_clinical.service.respond import PAGE_POLICY, run_until_gone
from spacy_clinical.service.service import get_service
from spacy_clinical.service.uploads import find_file

router = APIRouter()
FACTORY = "clinical_form_extractor"


@router.post("/v1/forms", **FORMS)
async def extract_form(
    request: Request,
    ocr: Annotated[
        Literal["auto", "always", "never"],
        Query(description="Whether to look at pages that have words: OCR."),
    ] = "auto",
    language: Annotated[
        str,
        Query(pattern="^[a-z_]{3,20}([+][a-z_]{3,20}){0,4}$", description="Of OCR."),
    ] = "eng",
) -> Response:
    """Extract the fields of a PDF, a scan, or what another engine has read."""
    service = get_service(request)
    if service.engine.form_nlp is None:
        raise Problem(404, Errors.C989.format(name=FACTORY))
    media_type = choose_type(request.headers.get("accept", ""), (JSON, HTML))
    is_page = media_type == HTML
    async with service.read_upload(request) as body:
        data = await find_file(body, request.headers)
        reading = service.engine.read_form(
            data,
            draw_form if is_page else write_form,
            form_id=get_request_id(request.scope),
            with_pictures=is_page,
            ocr=ocr,
            language=language,
            max_pages=service.settings.max_pages,
            timeout=min(TIMEOUT, service.settings.timeout),
        )
        try:
            content = await run_until_gone(request, reading, service.settings.timeout)
        except CodedError as error:
            # Tesseract isn't there; anything else is wrong with the file.
            status = 501 if error.code == "C506" else 415
            raise Problem(status, error.message) from None
    headers = {"Content-Security-Policy": PAGE_POLICY} if is_page else {}
    return Response(content, media_type=media_type, headers=headers)
