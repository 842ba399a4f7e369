"""The settings that a room hands to Safe Exam Browser; pure.

No dates and no fractions, which systems write differently, and a name that sorts last among those
that are kept (``zoomMode``), so that every serialiser comes to the same Config Key.
"""

import hashlib
from typing import Any
from urllib.parse import urlsplit

WEB_VIEW_MODERN = 3
FILTER_ALLOWS = 1
ZOOM_PAGE = 0


def room_settings(origin: str, sitting_id: int, quit_password: str) -> dict[str, Any]:
    """Return the settings of one sitting at the room's address."""
    host = urlsplit(origin).netloc
    return {
        "startURL": f"{origin}/seb/{sitting_id}/enter",
        "sendBrowserExamKey": True,
        "browserWindowWebView": WEB_VIEW_MODERN,
        "allowQuit": True,
        "hashedQuitPassword": hashlib.sha256(quit_password.encode()).hexdigest(),
        "quitURL": f"{origin}/seb/quit",
        "quitURLConfirm": False,
        "allowPreferencesWindow": False,
        "allowReconfiguration": False,
        "allowVirtualMachine": False,
        "allowScreenSharing": False,
        "allowSpellCheck": False,
        "allowDictation": False,
        "allowBrowsingBackForward": False,
        "browserWindowAllowReload": True,
        "showReloadWarning": True,
        "newBrowserWindowByLinkPolicy": 0,
        "URLFilterEnable": True,
        "URLFilterEnableContentFilter": False,
        "URLFilterRules": [
            {"active": True, "regex": False, "expression": f"{host}/*", "action": FILTER_ALLOWS}
        ],
        # With the defaults the browser throws away the journal when it is closed.
        "removeBrowserProfile": False,
        "removeLocalStorage": False,
        "examSessionClearCookiesOnStart": False,
        "examSessionClearCookiesOnEnd": False,
        "enableTouchExit": False,
        "zoomMode": ZOOM_PAGE,
    }
