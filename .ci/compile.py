"""Compiles the data plane to machine code while a wheel is built; the sources go into the wheel too.

Types that only the compiler needs are in the `.pxd` file beside a module.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

from Cython.Build import cythonize
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from setuptools import Distribution, Extension
from setuptools.command.build_ext import build_ext

DIRECTIVES = {
    "language_level": 3,
    # The annotations are for people and mypy: `int` there is Python's, without a bound.
    "annotation_typing": False,
    # What is None by mistake is a fault of one request, as it is in an interpreter.
    "nonecheck": True,
    # The counters are there from the first request on.
    "initializedcheck": False,
}


class Compile(BuildHookInterface[Any]):
    """Builds an extension of each module that `modules` names, and adds it to the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile beside the sources in a folder of its own, which lives until the wheel is there."""
        self._folder = tempfile.TemporaryDirectory()
        built = compile_modules(Path(self.root), self.config["modules"], Path(self._folder.name))
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        build_data["force_include"].update({str(built / name): str(name) for name in files_in(built)})

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Clean up."""
        self._folder.cleanup()


def compile_modules(root: Path, patterns: list[str], folder: Path) -> Path:
    """Compile; the folder that holds the extensions as they lie in the packages."""
    found = sorted({path for pattern in patterns for path in root.glob(pattern) if path.stem != "__init__"})
    names = [path.relative_to(root) for path in found]
    extensions = [
        Extension(".".join(name.with_suffix("").parts), [str(name)], extra_compile_args=["-g0"])
        for name in names
    ]
    os.chdir(root)
    command = build_ext(
        Distribution({"ext_modules": cythonize(extensions, build_dir=folder, compiler_directives=DIRECTIVES)})
    )
    command.build_lib, command.build_temp = str(folder / "lib"), str(folder / "temp")
    command.parallel = os.cpu_count()
    command.ensure_finalized()
    command.run()
    return folder / "lib"


def files_in(folder: Path) -> list[Path]:
    """All files below a folder, relative to it."""
    return [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
