"""Policies are enforced: every call of a role is judged by what the role may, and written down.

`statements` decides what a set of statements says of a call, with the evaluator of MiniStack; `sessions` knows whose
credentials are whose; `calls` and `s3_calls` read from a request what it asks for; `judge` puts together what has a say
(the policies of the role, of the resource and of the endpoint) and keeps the record; `gate` stands in front of the
services. What services do inside the emulator for a role (the integrations of a state machine, starts by a schedule,
deliveries of EventBridge) is asked of the judge by the modules of `overlay/`.

Credentials that are of no role (`test`) are the administrator's: they may everything.
"""
