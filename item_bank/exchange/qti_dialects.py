"""The names of QTI 2.1 and 3.0: one writer speaks in 2.x names, the dialect spells them."""

import re
from dataclasses import dataclass
from typing import Any

from lxml import etree

CAPITAL = re.compile(r"(?<=[a-z])([A-Z])")


@dataclass(frozen=True)
class Dialect:
    """How one version names elements, attributes and the parts of its manifest."""

    namespace: str
    manifest_namespace: str
    schema: str
    schema_version: str
    resource_type: str
    is_kebab: bool
    rubric_use: str

    def root(self, name: str, **attributes: str) -> etree._Element:
        """Return a root element of the dialect."""
        spaces: Any = {None: self.namespace}
        element = etree.Element(self._name(name), nsmap=spaces)
        self._set(element, attributes)
        return element

    def add(self, parent: etree._Element, name: str, **attributes: str) -> etree._Element:
        """Add an element of QTI, named in 2.x style."""
        element = etree.SubElement(parent, self._name(name))
        self._set(element, attributes)
        return element

    def html(self, parent: etree._Element, name: str) -> etree._Element:
        """Add an element of HTML, which QTI keeps in its own namespace."""
        return etree.SubElement(parent, f"{{{self.namespace}}}{name}")

    def _name(self, name: str) -> str:
        spelled = f"qti-{_kebab(name)}" if self.is_kebab else name
        return f"{{{self.namespace}}}{spelled}"

    def _set(self, element: etree._Element, attributes: dict[str, str]) -> None:
        for name, value in attributes.items():
            element.set(_kebab(name) if self.is_kebab else name, value)


def _kebab(name: str) -> str:
    return CAPITAL.sub(r"-\1", name).lower()


QTI_21 = Dialect(
    namespace="http://www.imsglobal.org/xsd/imsqti_v2p1",
    manifest_namespace="http://www.imsglobal.org/xsd/imscp_v1p1",
    schema="QTIv2.1 Package",
    schema_version="1.0.0",
    resource_type="imsqti_item_xmlv2p1",
    is_kebab=False,
    rubric_use="",
)
QTI_3 = Dialect(
    namespace="http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
    manifest_namespace="http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1",
    schema="QTI Package",
    schema_version="3.0.0",
    resource_type="imsqti_item_xmlv3p0",
    is_kebab=True,
    rubric_use="scoring",
)
