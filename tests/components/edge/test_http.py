import json
import re

import pytest

from uz.components.edge.http import ACCESS_LOG, INTERMEDIATE_CIPHERS, http_block
from uz.testing import spec


def test_only_modern_protocols_and_ciphers_are_offered() -> None:
    text = http_block(spec())
    assert "ssl_protocols TLSv1.2 TLSv1.3;" in text
    assert all(re.search("GCM|POLY1305", name) for name in INTERMEDIATE_CIPHERS)
    assert "ssl_session_tickets off;" in text


def test_a_line_of_the_access_log_is_json() -> None:
    (line,) = re.findall(r"log_format uz escape=json '(.*)';", http_block(spec()))
    values = json.loads(re.sub(r"(?<=:)\$\w+", "1", line))
    assert list(values) == [name for name, _ in ACCESS_LOG]


@pytest.mark.parametrize("secret", ["$args", "$request_uri", "$http_cookie", "$http_referer"])
def test_the_access_log_leaves_out_what_may_be_secret(secret: str) -> None:
    assert secret not in [value.strip('"') for _, value in ACCESS_LOG]
    assert "$http_authorization" not in str(ACCESS_LOG)


def test_there_is_one_upstream_for_each_instance() -> None:
    found = re.findall(r"server 127\.0\.0\.1:(\d+)", http_block(spec(app={"instances": 3})))
    assert found == ["20100", "20101", "20102"]


def test_limits_and_timeouts_are_those_of_the_spec() -> None:
    text = http_block(
        spec(
            app={"stop_timeout": "20s"},
            edge={
                "rate": 7,
                "burst": 9,
                "connections_per_address": 11,
                "body_limit": "1MiB",
                "client_timeout": "1500ms",
                "keepalive_timeout": "2m",
                "workers": 3,
            },
        )
    )
    for line in (
        "rate=7r/s;",
        "limit_req zone=requests burst=9 nodelay;",
        "limit_conn connections 11;",
        "client_max_body_size 1048576;",
        "client_body_timeout 1500ms;",
        "keepalive_timeout 2m;",
        "worker_processes 3;",
        "worker_shutdown_timeout 20s;",
    ):
        assert line in text


def test_nobody_is_believed_about_the_clients_address_unless_named() -> None:
    assert "real_ip" not in http_block(spec())
    text = http_block(spec(edge={"trusted_proxies": ["10.1.2.3/8"]}))
    assert "set_real_ip_from 10.0.0.0/8;" in text
