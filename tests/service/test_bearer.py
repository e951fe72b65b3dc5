import pytest

from spacy_clinical.service.bearer import TOKEN_VARIABLE, Token, load_token

SECRET = "0123456789abcdef-token"


def test_only_the_token_itself_is_accepted():
    token = Token(SECRET.encode())
    assert token.is_in(f"Bearer {SECRET}".encode())
    assert token.is_in(f"bearer   {SECRET} ".encode())
    for header in ("", "Bearer", "Bearer ", SECRET, f"Basic {SECRET}"):
        assert not token.is_in(header.encode())
    for wrong in (SECRET[:-1], SECRET + "x", SECRET.upper(), f"{SECRET} {SECRET}"):
        assert not token.is_in(f"Bearer {wrong}".encode())


def test_a_token_does_not_show():
    assert "token" not in repr(Token(SECRET.encode())).lower().replace("token(", "")


def test_a_file_counts_before_the_environment(tmp_path, monkeypatch):
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    assert load_token() is None
    monkeypatch.setenv(TOKEN_VARIABLE, f" {SECRET}\n")
    assert load_token().is_in(f"Bearer {SECRET}".encode())
    path = tmp_path / "token"
    path.write_text(f"{SECRET}-of-the-file\n")
    token = load_token(path)
    assert token.is_in(f"Bearer {SECRET}-of-the-file".encode())
    assert not token.is_in(f"Bearer {SECRET}".encode())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "fewer than 16"),
        ("short", "fewer than 16"),
        ("with a space inside it", "characters that tokens may not have"),
        ("x" * 5000, "more than 4096 bytes"),
        ("é" * 20, "characters that tokens may not have"),
    ],
)
def test_tokens_that_can_not_be_used_are_refused(tmp_path, content, reason):
    path = tmp_path / "token"
    path.write_text(content)
    with pytest.raises(ValueError, match=rf"\[C994\].*{reason}"):
        load_token(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"\[C994\].*No such file"):
        load_token(tmp_path / "token")
