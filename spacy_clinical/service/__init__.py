"""An HTTP service for a pipeline: requests in, records, FHIR and pages out."""
