from uz.components.edge.proxy import proxy_settings
from uz.testing import spec


def test_what_a_client_says_of_its_address_is_not_passed_on() -> None:
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in proxy_settings(spec())


def test_behind_a_trusted_proxy_the_chain_is_passed_on() -> None:
    text = proxy_settings(spec(edge={"trusted_proxies": ["10.0.0.0/8"]}))
    assert "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;" in text


def test_the_app_hears_under_which_name_and_port_users_came() -> None:
    assert "proxy_set_header Host $host;" in proxy_settings(spec())
    assert "proxy_set_header Host $host:23443;" in proxy_settings(spec("trial"))


def test_the_app_cannot_weaken_hsts_and_httpoxy_is_closed() -> None:
    text = proxy_settings(spec())
    assert "proxy_hide_header Strict-Transport-Security;" in text
    assert 'proxy_set_header Proxy "";' in text


def test_what_may_have_been_done_is_not_sent_again() -> None:
    text = proxy_settings(spec(edge={"upstream_timeout": "90s"}))
    assert "proxy_next_upstream error timeout;" in text
    assert "non_idempotent" not in text
    assert "proxy_read_timeout 90s;" in text
