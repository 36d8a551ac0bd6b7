"""What of an Ingress changes when something around it does."""

from collections.abc import Callable
from typing import Any

import pytest

Shop = tuple[str, str]
SHOP = "test:team-a/shop:80"
CLASS = """
kind: IngressClass
metadata: {name: NAME, annotations: {ingressclass.kubernetes.io/is-default-class: "DEFAULT"}}
spec: {controller: CONTROLLER}
"""
OURS = "headgate.dev/ingress-controller"


def ingress_class(name: str, controller: str = OURS, default: str = "false") -> str:
    return CLASS.replace("NAME", name).replace("CONTROLLER", controller).replace("DEFAULT", default)


def with_annotation(manifest: str, name: str, text: str) -> str:
    return manifest.replace("metadata: {", f'metadata: {{annotations: {{{name}: "{text}"}}, ')


def with_class(ingress: str, name: str) -> str:
    return ingress.replace("ingressClassName: headgate", f"ingressClassName: {name}")


def without_class(ingress: str) -> str:
    return ingress.replace("  ingressClassName: headgate\n", "")


# --- classes


def test_an_ingress_of_another_class_asks_for_nothing(lab: Any, shop: Shop) -> None:
    ear = lab.apply(with_class(shop[0], "nginx"), shop[1])
    assert (ear.text(), ear.calls.total()) == ("", 0)


def test_the_controller_of_the_class_decides_and_not_its_name(lab: Any, shop: Shop) -> None:
    lab.apply(ingress_class("inner"), with_class(shop[0], "inner"), shop[1])
    assert lab.ear.routes()
    lab.apply(ingress_class("headgate", "example.com/other"), shop[0])
    assert not lab.ear.routes()


def test_our_class_counts_by_name_where_no_class_can_be_read(lab: Any, shop: Shop) -> None:
    assert lab.apply(*shop).routes()


def test_a_class_that_comes_later_is_picked_up_and_one_that_goes_is_left(lab: Any, shop: Shop) -> None:
    lab.apply(with_class(shop[0], "inner"), shop[1])
    assert not lab.ear.routes()
    assert lab.apply(ingress_class("inner")).routes()
    assert lab.delete("ingressclasses", "inner", "").text() == ""


def test_the_older_annotation_counts_where_the_field_is_left_out(lab: Any, shop: Shop) -> None:
    older = without_class(shop[0])
    lab.apply(with_annotation(older, "kubernetes.io/ingress.class", "nginx"), shop[1])
    assert not lab.ear.routes()
    lab.apply(with_annotation(older, "kubernetes.io/ingress.class", "headgate"))
    assert lab.ear.routes()


def test_the_field_wins_over_the_annotation_and_that_is_said(lab: Any, shop: Shop) -> None:
    lab.apply(with_annotation(shop[0], "kubernetes.io/ingress.class", "nginx"), shop[1])
    assert lab.ear.routes()
    assert lab.ear.problems == [
        'ingress team-a/shop: kubernetes.io/ingress.class: spec.ingressClassName says "headgate" and '
        "counts; remove the annotation"
    ]
    lab.apply(with_annotation(with_class(shop[0], "nginx"), "kubernetes.io/ingress.class", "headgate"))
    assert lab.ear.text() == ""


def test_an_ingress_without_class_counts_if_asked_for_or_if_ours_is_the_default(
    lab: Any, make_lab: Callable[..., Any], shop: Shop
) -> None:
    older = without_class(shop[0])
    assert make_lab(watch_without_class=True).apply(older, shop[1]).routes()
    assert not lab.apply(older, shop[1], ingress_class("headgate")).routes()
    assert lab.apply(ingress_class("headgate", default="true")).routes()
    assert not lab.apply(ingress_class("headgate", "example.com/other", default="true")).routes()


# --- Services come and go


def test_a_missing_service_is_a_problem_until_it_comes(lab: Any, shop: Shop, make_slice: Any) -> None:
    lab.apply(shop[0], make_slice("{addresses: [10.0.0.1]}"))
    assert lab.ear.routes() == [f"shop.example.com prefix / -> {SHOP}"]
    assert lab.ear.servers(SHOP) == []
    assert len(lab.ear.problems) == 1
    lab.apply(shop[1])
    assert lab.ear.servers(SHOP) == ["10.0.0.1:8080"]
    assert not lab.ear.problems
    lab.delete("services", "shop")
    assert lab.ear.routes() == [f"shop.example.com prefix / -> {SHOP}"]
    assert lab.ear.servers(SHOP) == []
    assert len(lab.ear.problems) == 1


def test_a_backend_is_dropped_with_the_last_that_refers_to_it(lab: Any, shop: Shop) -> None:
    lab.apply(*shop, shop[0].replace("name: shop,", "name: second,", 1))
    lab.delete("ingresses", "shop")
    assert SHOP in lab.ear.backends
    lab.delete("ingresses", "second")
    assert lab.ear.text() == ""


def test_a_backend_that_one_leaves_as_another_comes_is_not_dropped(lab: Any, shop: Shop) -> None:
    lab.apply(*shop)
    lab.cluster.drop("ingresses", "team-a", "shop")
    lab.apply(shop[0].replace("name: shop,", "name: second,", 1))
    assert lab.ear.calls["drop_backend"] == 0
    assert lab.ear.calls["put_backend"] == 1


def test_the_backends_of_the_version_that_stays_in_force_stay_too(lab: Any, shop: Shop) -> None:
    rule = with_annotation(shop[0], "headgate.dev/use-backend", "blog:80 if { path_beg /blog }")
    lab.apply(rule, shop[1])
    lab.apply(rule.replace("path_beg", "path_bge"))
    assert "test:team-a/blog:80" in lab.ear.backends
    lab.apply(shop[0])
    assert "test:team-a/blog:80" not in lab.ear.backends


def test_settings_of_a_service_reach_its_backends_without_a_word_of_the_ingress(lab: Any, shop: Shop) -> None:
    lab.apply(*shop)
    puts = lab.ear.calls["put"]
    lab.apply(with_annotation(shop[1], "headgate.dev/tries", "7"))
    assert lab.ear.backends[SHOP][0].settings.tries == 7
    assert lab.ear.calls["put"] == puts


def test_what_cannot_be_read_of_a_service_is_flawed_and_the_rest_counts(lab: Any, shop: Shop) -> None:
    bad = shop[1].replace(
        "metadata: {", "metadata: {annotations: {headgate.dev/tries: x, headgate.dev/balance: random}, "
    )
    lab.apply(shop[0], bad)
    backend, flawed = lab.ear.backends[SHOP]
    assert (backend.settings.balance, backend.settings.tries, flawed) == ("random", 3, True)


def test_a_bad_tcp_option_leaves_the_settings_of_the_backend_without_a_flaw(lab: Any, shop: Shop) -> None:
    lab.apply(shop[0], with_annotation(shop[1], "headgate.dev/tcp", "x"))
    assert lab.ear.backends[SHOP][1] is False


# --- the default backend of the settings


def test_the_default_backend_takes_what_nothing_else_takes_and_comes_last(
    make_lab: Callable[..., Any], shop: Shop
) -> None:
    lab = make_lab(default_backend="team-a/shop:80")
    lab.apply(shop[1])
    assert lab.ear.routes() == [f"any host fallback / -> {SHOP}"]
    (translation,) = lab.ear.objects.values()
    assert translation.created > "9999"
    assert not translation.problems


@pytest.mark.parametrize("word", ["shop:80", "team-a/shop", "team-a/shop:80:81", ""])
def test_a_default_backend_that_is_none_is_a_problem(make_lab: Callable[..., Any], word: str) -> None:
    ear = make_lab(default_backend=word).apply()
    assert len(ear.problems) == bool(word)
    assert not ear.routes()


# --- other namespaces


def test_rules_reach_into_other_namespaces_only_if_allowed(make_lab: Callable[..., Any], shop: Shop) -> None:
    rule = with_annotation(shop[0], "headgate.dev/use-backend", "team-b/blog:80")
    assert "test:team-b/blog:80" not in make_lab().apply(rule).backends
    assert "test:team-b/blog:80" in make_lab(allow_other_namespaces=True).apply(rule).backends


@pytest.mark.parametrize("asked", ["nbsrv(team-b/blog:80) lt 1", "srv_is_up(team-b/blog:80/blog-0)"])
def test_rules_ask_about_backends_of_other_namespaces_only_if_allowed(
    make_lab: Callable[..., Any], shop: Shop, asked: str
) -> None:
    rule = with_annotation(shop[0], "headgate.dev/http-request", f"deny unless {{ {asked} }}")
    ear = make_lab().apply(rule, shop[1])
    assert "is in another namespace" in ear.text()
    assert "closed:" in ear.text()
    assert "test:team-b/blog:80" not in ear.backends
    ear = make_lab(allow_other_namespaces=True).apply(rule, shop[1])
    assert "closed:" not in ear.text()
    assert "test:team-b/blog:80" in ear.backends


def test_a_backend_that_rules_ask_about_is_there_for_them_and_goes_with_them(lab: Any, shop: Shop) -> None:
    rule = with_annotation(
        shop[0], "headgate.dev/http-request", "return status 503 if { nbsrv(blog:80) lt 1 }"
    )
    lab.apply(rule, shop[1])
    assert "test:team-a/blog:80" in lab.ear.backends
    assert "for rules that ask, it has no servers" in lab.ear.text()
    lab.apply(shop[0])
    assert "test:team-a/blog:80" not in lab.ear.backends


# --- relists


def test_a_relist_drops_what_it_does_not_name_and_repeats_nothing(lab: Any, shop: Shop) -> None:
    second = shop[0].replace("name: shop,", "name: second,", 1).replace("shop.example", "second.example")
    lab.apply(*shop, second)
    keep = [obj for _, obj in lab.read(second)]
    calls = lab.ear.calls.copy()
    lab.cluster.replace("ingresses", None, keep)
    lab.cluster.flush()
    assert lab.ear.routes() == [f"second.example.com prefix / -> {SHOP}"]
    assert (lab.ear.calls - calls) == {"drop": 1}


def test_a_relist_of_one_namespace_leaves_the_others_alone(lab: Any, shop: Shop) -> None:
    lab.apply(*shop)
    lab.cluster.replace("ingresses", "team-b", [])
    lab.cluster.flush()
    assert lab.ear.routes()
    lab.cluster.replace("ingresses", "team-a", [])
    lab.cluster.flush()
    assert lab.ear.text() == ""


def test_kinds_that_nobody_asks_for_and_objects_that_are_not_there_do_no_harm(lab: Any) -> None:
    lab.cluster.drop("ingresses", "team-a", "nobody")
    lab.cluster.drop("endpointslices", "team-a", "nobody")
    lab.cluster.drop("configmaps", "team-a", "nobody")
    lab.cluster.replace("configmaps", None, [])
    lab.cluster.flush()
    assert lab.ear.calls.total() == 0
