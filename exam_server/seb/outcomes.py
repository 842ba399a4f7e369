"""What a check of Safe Exam Browser comes to, and its words for the candidate and the proctor."""

from enum import StrEnum


class Outcome(StrEnum):
    """The outcome of one check."""

    WAITING = "waiting"
    VERIFIED = "verified"
    NO_SEB = "no_seb"
    OTHER_CONFIGURATION = "other_configuration"
    OTHER_BUILD = "other_build"
    REPLAYED = "replayed"  # the address was used before
    LATE = "late"
    OTHER_COMPUTER = "other_computer"
    OTHER_ADDRESS = "other_address"


WORDS = {
    Outcome.WAITING: "SEB 校验没有完成，请从考场配置文件重新启动安全考试浏览器",
    Outcome.VERIFIED: "SEB 校验通过",
    Outcome.NO_SEB: "没有使用安全考试浏览器（SEB）",
    Outcome.OTHER_CONFIGURATION: "SEB 使用了另一份配置，不是本场的配置文件",
    Outcome.OTHER_BUILD: "SEB 的版本不在本场允许的版本之内",
    Outcome.REPLAYED: "SEB 校验值已经用过，不能重复使用",
    Outcome.LATE: "SEB 校验超过 30 秒，已失效",
    Outcome.OTHER_COMPUTER: "SEB 校验地址属于另一台机器",
    Outcome.OTHER_ADDRESS: "SEB 校验值是在另一个网址算出的",
}
