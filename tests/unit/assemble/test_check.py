"""`headgate check`: manifests in, problems with their place out."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ingress.cli.check import check

INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {name}
  annotations: {{{annotations}}}
spec:
  {spec}
  rules:
  - host: shop.example.com
    http:
      paths:
      - {{path: /, pathType: Prefix, backend: {{service: {{name: shop, port: {{{port}}}}}}}}}
"""
SERVICE = "---\napiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec: {ports: [{port: 80}]}\n"


def ingress(name: str = "shop", annotations: str = "", spec: str = "", port: str = "number: 80") -> str:
    return INGRESS.format(name=name, annotations=annotations, spec=spec, port=port)


def run(*arguments: object) -> tuple[int, list[str]]:
    result = CliRunner().invoke(check, [str(each) for each in arguments])
    return result.exit_code, result.output.splitlines()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "shop.yaml"


def test_good_manifests_are_counted_and_the_status_is_zero(file: Path) -> None:
    file.write_text(ingress() + SERVICE % "shop")
    assert run(file) == (0, ["2 objects, 1 host, 0 problems"])


def test_a_problem_has_its_file_line_object_option_and_reason(file: Path) -> None:
    file.write_text("# ours\n" + ingress(annotations="headgate.dev/balanse: leastconn") + SERVICE % "shop")
    status, lines = run(file)
    assert status == 1
    assert lines[0].startswith(f"{file}:2: ingress default/shop: headgate.dev/balanse: unknown option; ")
    assert "headgate.dev/balance" in lines[0]
    assert lines[1] == "2 objects, 1 host, 1 problem"


def test_a_host_whose_tls_is_relayed_is_noted(file: Path) -> None:
    file.write_text(ingress(annotations='headgate.dev/ssl-passthrough: "true"') + SERVICE % "shop")
    status, lines = run(file)
    assert status == 0
    assert lines == [
        f"note: {file}:1: ingress default/shop: headgate.dev/ssl-passthrough: TLS of clients that ask for "
        "shop.example.com is relayed undecrypted to default/shop:80",
        "2 objects, 1 host, 0 problems",
    ]


def test_what_is_no_yaml_is_a_problem_of_its_file_and_the_rest_is_checked(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("a: 1\nb: [\n")
    (tmp_path / "good.yaml").write_text(ingress() + SERVICE % "shop")
    status, lines = run(tmp_path)
    assert status == 1
    assert lines[0].startswith(f"{tmp_path / 'bad.yaml'}:3: column 1: not YAML: ")
    assert lines[-1] == "2 objects, 1 host, 1 problem"


def test_the_loser_of_a_conflict_is_named(file: Path) -> None:
    file.write_text(ingress("a") + "---\n" + ingress("b") + SERVICE % "shop")
    status, lines = run(file)
    assert status == 1
    assert lines[0] == (
        f"{file}:14: ingress default/b: prefix path / of host shop.example.com "
        "belongs to ingress default/a, which comes first by name"
    )


@pytest.mark.parametrize("port", ["number: 80", "name: http"])
def test_services_are_taken_to_be_in_the_cluster_where_there_are_none(file: Path, port: str) -> None:
    file.write_text(ingress(port=port))
    assert run(file) == (
        0,
        [
            "note: there are no Services in the input; these are taken to be in the cluster: default/shop",
            "1 object, 1 host, 0 problems",
        ],
    )


def test_a_service_that_is_missing_among_others_is_a_problem(file: Path) -> None:
    file.write_text(ingress() + SERVICE % "another")
    status, lines = run(file)
    assert status == 1
    assert len(lines) == 2
    assert "shop" in lines[0]


def test_secrets_are_not_missed_where_there_are_none(file: Path) -> None:
    file.write_text(ingress(spec="tls: [{hosts: [shop.example.com], secretName: tls}]") + SERVICE % "shop")
    status, lines = run(file)
    assert status == 0
    assert lines[0].startswith(f"note: {file}:1: ingress default/shop: spec.tls: there are no Secrets")


def test_an_ingress_of_another_class_is_noted_not_checked(file: Path) -> None:
    tls = "tls: [{secretName: tls}]"
    file.write_text(ingress(spec=f"ingressClassName: nginx\n  {tls}", annotations="headgate.dev/acl: x"))
    status, lines = run(file)
    assert status == 0
    assert lines == [
        f'note: {file}:1: ingress default/shop: spec.ingressClassName: class "nginx" is not ours, '
        "so it is not checked; --ingress-class nginx checks those of that class",
        "1 object, 0 hosts, 0 problems",
    ]
    status, lines = run("--ingress-class", "nginx", file)
    assert status == 1


def test_a_folder_without_manifests_is_a_problem_as_it_is_probably_another_that_was_meant(
    tmp_path: Path, file: Path
) -> None:
    (tmp_path / "shop.yaml.bak").write_text(ingress())
    reason = f"{tmp_path}: there are no manifests in it: files that end in .yaml, .yml, .json"
    assert run(tmp_path) == (1, [reason, "0 objects, 0 hosts, 1 problem"])
    file.write_text(ingress() + SERVICE % "shop")
    assert run(tmp_path)[0] == 0


def test_json_is_a_list_of_findings_with_all_their_fields(file: Path) -> None:
    annotated = SERVICE.replace("{name: %s}", "{name: shop, annotations: {headgate.dev/balance: leastcnn}}")
    file.write_text(f"{annotated}---\n{ingress()}")
    result = CliRunner().invoke(check, ["--json", str(file)])
    [finding] = json.loads(result.output)
    assert result.exit_code == 1
    assert finding | {"reason": ""} == {
        "file": str(file),
        "line": 2,
        "object": "service default/shop",
        "option": "headgate.dev/balance",
        "reason": "",
        "value": "leastcnn",
        "note": False,
    }


def test_json_of_nothing_wrong_is_an_empty_list(file: Path) -> None:
    file.write_text(ingress() + SERVICE % "shop")
    result = CliRunner().invoke(check, ["--json", str(file)])
    assert (result.exit_code, json.loads(result.output)) == (0, [])


def test_wrong_usage_is_status_two(tmp_path: Path) -> None:
    status, lines = run()
    assert (status, lines[-1]) == (
        2,
        "Error: what to check is missing: files or folders with manifests, or -",
    )
    assert run(tmp_path / "missing.yaml")[0] == 2
    assert run("--manifests", tmp_path / "missing.yaml")[0] == 2


def test_what_to_check_may_be_named_as_other_commands_are_told(tmp_path: Path, file: Path) -> None:
    file.write_text(ingress() + SERVICE % "shop")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "blog.yaml").write_text(SERVICE % "blog")
    assert run("--manifests", file) == run(file)
    assert run("--manifests", tmp_path / "more", file) == (0, ["3 objects, 1 host, 0 problems"])


def test_a_minus_is_standard_input() -> None:
    text = ingress(annotations="headgate.dev/use-backnd: shop") + SERVICE % "shop"
    result = CliRunner().invoke(check, ["-"], input=text)
    assert result.exit_code == 1
    reason = "unknown option; did you mean headgate.dev/use-backend?"
    assert result.output.startswith(
        f"standard input:1: ingress default/shop: headgate.dev/use-backnd: {reason}"
    )


def test_a_place_in_a_text_goes_with_the_name_of_its_annotation(file: Path) -> None:
    file.write_text(ingress(annotations='headgate.dev/acl: "a path /\\nb pth_beg /"') + SERVICE % "shop")
    status, lines = run(file)
    assert status == 1
    place = f"{file}:1: ingress default/shop: headgate.dev/acl line 2, column 3: "
    assert lines[0].startswith(f'{place}unknown criterion "pth_beg"; did you mean "path_beg"?')


def test_configmaps_are_not_missed_where_there_are_none_at_all(file: Path) -> None:
    rules = 'headgate.dev/http-request: "deny if { src -f configmap:lists/bad }"'
    file.write_text(ingress(annotations=rules) + SERVICE % "shop")
    status, lines = run(file)
    assert status == 0
    assert lines[0] == (
        "note: there are no ConfigMaps in the input, so what is in these is not checked: default/lists"
    )
    other = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: list}\ndata: {bad: ''}\n"
    file.write_text(ingress(annotations=rules) + SERVICE % "shop" + other)
    status, lines = run(file)
    assert status == 1
    assert any("configmap default/lists does not exist" in line for line in lines)


def test_secrets_with_users_are_not_missed_where_there_are_none_at_all(file: Path) -> None:
    rules = 'headgate.dev/http-request: "auth unless { http_auth(staff) }"'
    file.write_text(ingress(annotations=rules) + SERVICE % "shop")
    status, lines = run(file)
    assert status == 0
    note = "note: there are no Secrets in the input, so the users in these are not checked: default/staff"
    assert lines[0] == note
    other = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: staf}\nstringData: {auth: ''}\n"
    file.write_text(ingress(annotations=rules) + SERVICE % "shop" + other)
    status, lines = run(file)
    assert status == 1
    assert any("secret default/staff does not exist" in line for line in lines)


def test_the_rules_of_a_class_are_checked_in_their_configmap(file: Path) -> None:
    file.write_text(
        "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: headgate}\nspec:\n"
        "  controller: headgate.dev/ingress-controller\n"
        "  parameters: {kind: ConfigMap, name: edge, namespace: infra, scope: Namespace}\n---\n"
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: edge, namespace: infra}\n"
        "data: {http-request: dney}\n"
    )
    status, lines = run(file)
    assert status == 1
    assert lines[0].startswith(
        f"{file}:8: platform infra/edge: http-request line 1, column 1: unknown action"
    )
