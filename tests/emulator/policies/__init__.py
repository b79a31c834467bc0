"""Enforces policies: every call of a role is judged by what its policies allow, and recorded.

`statements` decides what a set of statements says about a call, with the evaluator of MiniStack; `sessions` knows the
role of each set of credentials; `calls` and `s3_calls` read from a request which actions it asks for; `judge` combines
the policies of the role, of the resource and of the endpoint, and keeps the record; `gate` stands in front of the
services. Modules of `overlay/` ask the judge about what services do for a role inside the emulator: the integrations
of a state machine, starts by a schedule, deliveries of EventBridge.

Credentials that belong to no role (`test`) are the administrator's, to whom everything is allowed.
"""
