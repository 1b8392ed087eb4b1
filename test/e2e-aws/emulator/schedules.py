"""What EventBridge Scheduler does with a schedule and ministack does not."""
from datetime import datetime, timezone

from ministack.services import eventbridge, scheduler

SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"


def scheduled_time_is_filled_in():
    """A target's input may name the time that it is invoked for."""
    invoke = eventbridge._invoke_target

    def filled(target, event, rule, *rest, **named):
        if event.get("Source") == "aws.scheduler" and SCHEDULED_TIME in (target.get("Input") or ""):
            at = datetime.fromtimestamp(event["Time"], tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            target = {**target, "Input": target["Input"].replace(SCHEDULED_TIME, at)}
        return invoke(target, event, rule, *rest, **named)

    eventbridge._invoke_target = filled


def rates_begin_at_once():
    """A rate without a start date invokes its target when it is made, and then again and again."""
    tick = scheduler._tick_schedules

    def ticked():
        for key, schedule in list(scheduler._schedules._data.items()):
            interval = eventbridge._parse_rate_seconds(schedule.get("ScheduleExpression", ""))
            if interval is not None and key not in scheduler._schedule_last_fired:
                scheduler._schedule_last_fired[key] = schedule["CreationDate"] - interval
        tick()

    scheduler._tick_schedules = ticked
