from __future__ import annotations

from dataclasses import fields

import pytest

from server.settings import Settings, from_environment


def test_nothing_set_gives_the_defaults() -> None:
    assert from_environment({}) == Settings()
    assert Settings().trusted_proxy == ""
    assert Settings().host == "127.0.0.1"
    assert Settings().worker_count >= 1
    assert Settings(workers=3).worker_count == 3


def test_every_setting_can_be_set() -> None:
    values = {
        "host": "0.0.0.0",
        "frame_ancestors": "'self' https://x.org",
        "allowed_origins": "https://a.org/ http://b:1",
    }
    environment = {f"LIVEGRAD_{field.name.upper()}": values.get(field.name, "7") for field in fields(Settings)}
    settings = from_environment(environment)
    assert settings.allowed_origins == ("https://a.org", "http://b:1")
    assert settings.host == "0.0.0.0"
    assert settings.max_runs == 7
    assert settings.keep_seconds == 7.0
    assert settings.trusted_proxy == "7"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "x"),
        ("PORT", "70000"),
        ("MAX_RUNS", "0"),
        ("KEEP_SECONDS", "soon"),
        ("ACK_TIMEOUT_SECONDS", "nan"),
        ("EVICT_SECONDS", "0"),
        ("FRAMES_PER_SECOND", "0.5"),
        ("FRAME_ANCESTORS", "'self'; script-src *"),
        ("FRAME_ANCESTORS", " "),
    ],
)
def test_nonsense_is_named(variable: str, value: str) -> None:
    with pytest.raises(ValueError, match=variable.lower() if variable != "KEEP_SECONDS" and value != "x" else variable):
        from_environment({f"LIVEGRAD_{variable}": value})
