"""Why a load test cannot begin, and what its computers are told when it is over."""

from registry.errors import AssessmentError


class LoadTestRefusedError(AssessmentError):
    """A load test would disturb candidates, or another one is running."""

    code = "load_test_refused"
    text = "现在不能做压力测试：{reason}。"


class LoadTestOverError(AssessmentError):
    """There is no load test that this computer takes part in."""

    code = "load_test_over"
    text = "压力测试已结束。"
