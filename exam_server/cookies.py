"""Names of the cookies this server sets; all are HttpOnly and stay on this site."""

LOGIN_COOKIE = "kaohe_login"  # a member of staff who has signed in
LEASE_COOKIE = "kaohe_lease"  # a candidate's place in the exam room
TRANSFER_COOKIE = "kaohe_transfer"  # a computer that waits to take over a candidate's place
SESSION_COOKIE = "kaohe_session"  # the forgery token and short notices, signed
DEVICE_COOKIE = "kaohe_device"  # a computer that began the check of its exam browser
LANGUAGE_COOKIE = "kaohe_language"  # zh or en
