"""Settings from all places they can be made in: option, environment, file, default, in this order."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

import yaml
from msgspec.structs import replace

from discovery.yaml_error import in_one_line
from ingress.acl.error import unknown
from ingress.cli.keys import KEYS, Key
from ingress.model.settings import KubernetesSettings, Settings

CONFIG: Final = "HEADGATE_CONFIG"
_PREFIX: Final = "HEADGATE_"
# Kubernetes puts such variables into every pod for each Service, and one may well be called headgate.
_SERVICE_LINK: Final = re.compile(r"HEADGATE_(\w+_)?(SERVICE_(HOST|PORT\w*)|PORT(_\d+_(TCP|UDP|SCTP)\w*)?)")

_BY_VARIABLE: Final = {key.variable: key for key in KEYS}
# In the file a key of several values goes by its field too, which is in the plural.
_BY_NAME: Final = {name: key for key in KEYS for name in (key.field.replace("_", "-"), key.name)}
_GROUPS: Final = {key.field.partition(".")[0] for key in KEYS if "." in key.field} - _BY_NAME.keys()


class SettingsError(Exception):
    """What somebody has set cannot be used; the text says where, what and why."""


class Setting(NamedTuple):
    """The words that somebody has set a key to, and where."""

    key: Key
    words: tuple[str, ...]
    where: str


def merge(settings: Iterable[Setting]) -> Settings:
    """The settings that result, strongest first."""
    chosen: dict[str, object] = {}
    for setting in settings:
        if setting.key.field not in chosen:
            chosen[setting.key.field] = _value(setting)
    return _built(chosen)


def from_options(given: Mapping[str, object]) -> Iterator[Setting]:
    """What the command line says: values by option name, with nothing for those that are absent."""
    for key in KEYS:
        value = given.get(key.name.replace("-", "_"))
        if isinstance(value, str):
            yield Setting(key, (value,), key.option)
        elif isinstance(value, Sequence) and value:
            words = chain.from_iterable(_words(key, str(each)) for each in value)
            yield Setting(key, tuple(words), key.option)
        elif value is True:
            yield Setting(key, ("true",), key.option)


def from_environment(environment: Mapping[str, str]) -> Iterator[Setting]:
    """What the environment says."""
    for variable, value in environment.items():
        if not variable.startswith(_PREFIX) or variable == CONFIG or _SERVICE_LINK.fullmatch(variable):
            continue
        if variable not in _BY_VARIABLE:
            raise SettingsError(f"environment: {unknown('variable', variable, _BY_VARIABLE)}")
        key = _BY_VARIABLE[variable]
        yield Setting(key, _words(key, value), f"environment: {variable}")


def from_file(path: str) -> Iterator[Setting]:
    """What a YAML file says."""
    for name, content in _top_level(path).items():
        if isinstance(content, Mapping) and content:
            for part, value in content.items():
                yield _file_setting(path, f"{name}.{part}", value)
        elif content or name not in _GROUPS:
            yield _file_setting(path, name, content)


def _top_level(path: str) -> Mapping[str, object]:
    try:
        # All scalars as they are written: "off" is a word here, and 1:30 no number to the base of 60.
        content = yaml.load(Path(path).read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: it is not UTF-8") from None
    except yaml.YAMLError as error:
        raise SettingsError(f"{path}: {in_one_line(error)}") from None
    if content in ("", None):
        return {}
    if not isinstance(content, Mapping):
        raise SettingsError(f"{path}: the file must be a mapping of keys to values")
    return content


def _file_setting(path: str, name: str, value: object) -> Setting:
    if name not in _BY_NAME:
        raise SettingsError(f"{path}: {unknown('key', name, _BY_NAME)}")
    key = _BY_NAME[name]
    where = f"{path}: {name}"
    if isinstance(value, str):
        return Setting(key, _words(key, value), where)
    if value == {} and key.is_flag:
        return Setting(key, ("true",), where)
    if key.many and isinstance(value, list) and all(isinstance(word, str) for word in value):
        return Setting(key, tuple(value), where)
    raise SettingsError(f"{where}: it takes {'a list of words' if key.many else 'one word'}")


def _words(key: Key, value: str) -> tuple[str, ...]:
    if not key.many:
        return (value,)
    return tuple(word.strip() for word in value.split(",") if word.strip())


def _value(setting: Setting) -> object:
    key = setting.key
    try:
        parsed = tuple(map(key.parse, setting.words))
    except ValueError as error:
        raise SettingsError(f"{setting.where}: {error}") from None
    return parsed if key.many else parsed[-1]


def _built(chosen: Mapping[str, object]) -> Settings:
    """The record with these fields, groups of fields included."""
    groups: dict[str, dict[str, object]] = {}
    for field, value in chosen.items():
        group, _, name = field.rpartition(".")
        groups.setdefault(group, {})[name] = value
    top = groups.pop("", {})
    plain = Settings()
    kubernetes = _kubernetes(top.pop("kubernetes", None), groups.pop("kubernetes", {}))
    changed = {name: replace(getattr(plain, name), **values) for name, values in groups.items()}
    return replace(plain, kubernetes=kubernetes, **top, **changed)


def _kubernetes(wanted: object, given: Mapping[str, object]) -> KubernetesSettings | None:
    kubeconfig = str(given.get("kubeconfig", ""))
    if wanted is False or not (wanted or kubeconfig):
        return None
    return KubernetesSettings(kubeconfig)
