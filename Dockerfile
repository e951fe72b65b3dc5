# The service with the shipped pipelines inside: it needs no network once it is built.
#
#   docker build -t spacy-clinical .
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#     -p 127.0.0.1:8000:8000 -e SPACY_CLINICAL_TOKEN spacy-clinical
FROM python:3.11-slim AS build
WORKDIR /build
COPY setup.cfg pyproject.toml constraints.txt README.md LICENSE ./
COPY spacy_clinical spacy_clinical
# The CPU's build of torch is a tenth of the size of the GPU's.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN python -m venv /opt/service \
    && /opt/service/bin/pip install --no-cache-dir -c constraints.txt \
    --extra-index-url "$TORCH_INDEX" ".[serve,surrogates]"

FROM python:3.11-slim
# Tesseract reads pages of forms that are pictures.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tesseract-ocr \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin service
COPY --from=build /opt/service /opt/service
ENV PATH=/opt/service/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HF_HUB_OFFLINE=1 \
    # Vocabularies of concepts are unpacked once, if they are asked for.
    XDG_CACHE_HOME=/tmp/cache
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=3s --start-period=90s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
# Without a token (SPACY_CLINICAL_TOKEN or --token-file), it refuses to start.
ENTRYPOINT ["spacy-clinical", "serve", "--host", "0.0.0.0", "--port", "8000"]
