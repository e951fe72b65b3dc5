"""Invented forms of many makes: words, boxes, labels and links, pictures and PDFs."""
