"""Task tokens and the Amazon States Language, with the test as the worker."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from conftest import Emulator, eventually

WAIT = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"


class Job:
    """An execution that hands its tokens to a queue."""

    def __init__(self, emulator: Emulator, **fields: Any) -> None:
        name = f"tokens-{uuid.uuid4().hex[:8]}"
        self.emulator = emulator
        self.sqs = emulator.client("sqs")
        self.states = emulator.client("stepfunctions")
        self.queue = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        message = {"QueueUrl": self.queue, "MessageBody": "{% $states.context.Task.Token %}"}
        task = {"Type": "Task", "Resource": WAIT, "Arguments": message, "End": True, **fields}
        definition = {"QueryLanguage": "JSONata", "StartAt": "Wait", "States": {"Wait": task}}
        machine = self.states.create_state_machine(
            name=name, definition=json.dumps(definition), roleArn=emulator.role(name)
        )["stateMachineArn"]
        self.execution = self.states.start_execution(stateMachineArn=machine)["executionArn"]

    def token(self) -> str:
        """The next token."""

        def look() -> str | None:
            messages = self.sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=1).get("Messages", [])
            return messages[0]["Body"] if messages else None

        return eventually(look)

    def succeed(self, token: str, output: str = '{"ok": true}') -> None:
        self.states.send_task_success(taskToken=token, output=output)

    def wait_for_end(self) -> dict[str, Any]:
        return self.emulator.wait_for_end(self.execution)


def code(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return caught.value.response["Error"]["Code"]


def test_output_of_the_worker_is_the_result(emulator: Emulator) -> None:
    job = Job(emulator)
    job.succeed(job.token())
    assert json.loads(job.wait_for_end()["output"]) == {"ok": True}


def test_failure_of_the_worker_fails_with_its_error(emulator: Emulator) -> None:
    job = Job(emulator)
    job.states.send_task_failure(taskToken=job.token(), error="Sluice.BadFile", cause="line 3")
    ended = job.wait_for_end()
    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "Sluice.BadFile", "line 3")


def test_heartbeats_keep_a_task_alive(emulator: Emulator) -> None:
    # The heartbeat of 100 seconds is scaled to one: half a second apart, each is in time; all five take longer.
    job = Job(emulator, HeartbeatSeconds=100, TimeoutSeconds=6000)
    token = job.token()
    for _beat in range(5):
        job.states.send_task_heartbeat(taskToken=token)
        time.sleep(0.5)
    job.succeed(token)
    assert job.wait_for_end()["status"] == "SUCCEEDED"


def test_missed_heartbeat_gives_the_retry_a_new_token(emulator: Emulator) -> None:
    retry = [{"ErrorEquals": ["States.HeartbeatTimeout"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    job = Job(emulator, HeartbeatSeconds=100, Retry=retry)
    first = job.token()
    second = job.token()
    assert first != second
    with pytest.raises(ClientError) as caught:
        job.succeed(first)
    assert code(caught) == "TaskTimedOut"
    with pytest.raises(ClientError) as caught:
        job.states.send_task_heartbeat(taskToken=first)
    assert code(caught) == "TaskTimedOut"
    job.succeed(second)
    assert job.wait_for_end()["status"] == "SUCCEEDED"


def test_timeout_may_be_an_expression(emulator: Emulator) -> None:
    job = Job(emulator, TimeoutSeconds="{% $number('100') %}")
    ended = job.wait_for_end()
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Timeout")


def test_second_answer_is_refused(emulator: Emulator) -> None:
    job = Job(emulator)
    token = job.token()
    job.succeed(token)
    with pytest.raises(ClientError) as caught:
        job.states.send_task_failure(taskToken=token, error="x")
    assert code(caught) == "TaskTimedOut"
    assert job.wait_for_end()["status"] == "SUCCEEDED"


def test_token_that_never_was_is_invalid(emulator: Emulator) -> None:
    with pytest.raises(ClientError) as caught:
        emulator.client("stepfunctions").send_task_success(taskToken="none", output="{}")
    assert code(caught) == "InvalidToken"


def test_output_must_be_json(emulator: Emulator) -> None:
    job = Job(emulator)
    token = job.token()
    with pytest.raises(ClientError) as caught:
        job.succeed(token, "not json")
    assert code(caught) == "InvalidOutput"
    job.succeed(token)


def test_stopped_execution_closes_its_tokens_and_stays_aborted(emulator: Emulator) -> None:
    job = Job(emulator)
    token = job.token()
    job.states.stop_execution(executionArn=job.execution)

    def refused() -> bool:
        try:
            job.states.send_task_heartbeat(taskToken=token)
        except ClientError as error:
            return error.response["Error"]["Code"] == "TaskTimedOut"
        return False

    eventually(refused)
    assert job.wait_for_end()["status"] == "ABORTED"


def test_output_over_256_kib_cannot_be_caught(emulator: Emulator) -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Wait"}]
    job = Job(emulator, Catch=catch)
    job.succeed(job.token(), json.dumps("x" * 262_144))
    ended = job.wait_for_end()
    assert (ended["status"], ended["error"]) == ("FAILED", "States.DataLimitExceeded")
