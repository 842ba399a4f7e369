"""Brings the names of QTI 3.0 (qti-simple-choice) to those of 2.x (simpleChoice)."""

import re

from lxml import etree

from item_bank.exchange.xml_tree import local_name

QTI = "qti-"
PIECE = re.compile(r"-([a-z])")


def camel_case(name: str) -> str:
    """Return simpleChoice for qti-simple-choice, responseIdentifier for response-identifier."""
    return PIECE.sub(lambda found: found[1].upper(), name.removeprefix(QTI))


def normalise(root: etree._Element) -> etree._Element:
    """Drop namespaces and bring elements and attributes of QTI to camel case, in place."""
    for element in root.iter(etree.Element):
        name = local_name(element)
        is_three = name.startswith(QTI)
        element.tag = camel_case(name) if is_three else name
        for attribute, value in list(element.attrib.items()):
            bare = str(attribute).rpartition("}")[2]
            if is_three and "-" in bare and not bare.startswith("data-"):
                del element.attrib[attribute]
                element.set(camel_case(bare), value)
    return root
