"""
AWS: a real `moto` server, behind a front that throttles Invoke as AWS does.

moto never throttles, AWS does: the front answers 429 with the body and the headers of
the real thing, and hands everything else on. It also tells the API of each function
that ran, as a Lambda's destination would.
"""

from __future__ import annotations

import json
import os
import re
import threading
import urllib.request
import uuid

from collections import Counter
from http.client import HTTPConnection
from typing import ClassVar

import boto3

from moto.server import ThreadedMotoServer

from insights.server import JSONHandler, serve


INVOKE = re.compile(r"/2015-03-31/functions/([\w-]+)/invocations")
# They concern one connection only, or are set anew by our side of it.
HOP_BY_HOP = {"connection", "content-length", "date", "server", "transfer-encoding"}


class Handler(JSONHandler):
    """
    A reverse proxy that has its limits.
    """

    moto: ClassVar[tuple[str, int]]
    lock: ClassVar = threading.Lock()
    refusals_left: ClassVar[Counter[str]] = Counter()

    def do_POST(self) -> None:
        """
        Hand on a request, or refuse to invoke.
        """
        if self.handle_seed():
            return
        body = self.body()
        invoked = INVOKE.fullmatch(self.path.partition("?")[0])
        if invoked and self._throttled(invoked[1]):
            self._refuse()
        else:
            self._hand_on(body, invoked[1] if invoked else None)

    def do_GET(self) -> None:
        """
        Hand on a request.
        """
        self._hand_on(self.body())

    do_DELETE = do_PUT = do_GET

    def _throttled(self, function: str) -> bool:
        with self.lock:
            if function not in self.refusals_left:
                customer = function.rpartition("-")[0]
                odds = {0: 0.65, 1: 0.15, 5: 0.2}
                self.refusals_left[function] = self.weather.draw(
                    "throttle", customer, odds
                )
            self.refusals_left[function] -= 1

            return self.refusals_left[function] >= 0

    def _refuse(self) -> None:
        self.answer(
            429,
            {
                "Reason": "ConcurrentInvocationLimitExceeded",
                "Type": "User",
                "message": "Rate Exceeded.",
            },
            {
                "x-amzn-RequestId": str(uuid.uuid4()),
                "x-amzn-ErrorType": "TooManyRequestsException",
                "Retry-After": "1",
            },
        )

    def _hand_on(self, body: bytes, function: str | None = None) -> None:
        upstream = HTTPConnection(*self.moto, timeout=30)
        headers = {k: v for k, v in self.headers.items() if k.lower() != "connection"}
        upstream.request(self.command, self.path, body, headers)
        response = upstream.getresponse()
        payload = response.read()
        upstream.close()
        if function and response.status < 300:
            # Before the caller hears of it: who comes first is no matter of luck.
            self._notify(function)

        self.send_response(response.status)
        for name, value in response.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        if response.status != 204:
            self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def _notify(self, function: str) -> None:
        request = urllib.request.Request(
            f"{os.environ['INSIGHTS_API']}/invocations",
            json.dumps({"function": function}).encode(),
        )
        urllib.request.urlopen(request, timeout=10).close()


def _start_moto() -> tuple[str, int]:
    moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    url = f"http://{host}:{port}"

    # Otherwise moto runs the functions in Docker.
    config = json.dumps({"lambda": {"use_docker": False}}).encode()
    urllib.request.urlopen(f"{url}/moto-api/config", config, timeout=30).close()

    # A function cannot be created without a role, in moto as in AWS.
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    aws = boto3.Session("testing", "testing", region_name="eu-west-1")
    aws.client("iam", endpoint_url=url).create_role(
        RoleName="insights",
        AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [trust]}
        ),
    )
    # moto loads a service at its first use, which is slow.
    aws.client("lambda", endpoint_url=url).list_functions()

    return host, port


if __name__ == "__main__":
    Handler.moto = _start_moto()
    serve(Handler)
