"""Idempotency tokens: a request that is sent twice acts once."""
import threading

_answers = {}
_locks = {}
_guard = threading.Lock()


def once(scope, token, request, act, *, mismatch, again=lambda answer: answer, keep=lambda answer: True):
    """act(), or what `again` makes of the answer kept under the token; `mismatch` answers another request under it."""
    if not token:
        return act()
    with _guard:
        lock = _locks.setdefault((scope, token), threading.Lock())
    with lock:
        kept = _answers.get((scope, token))
        if kept:
            return again(kept[1]) if kept[0] == request else mismatch(kept[1])
        answer = act()
        if keep(answer):
            _answers[scope, token] = request, answer
        return answer


def forget():
    _answers.clear()
