"""
The service under test: customers sign up, and find insights about their functions.

An insight is not there at once. A pipeline thread writes it, and on some days late.
"""

from __future__ import annotations

import re
import secrets
import threading

from dataclasses import dataclass, field
from typing import ClassVar

from insights.server import JSONHandler, serve


@dataclass(slots=True)
class Account:
    """
    A customer, and what the service keeps of it.
    """

    id: str
    email: str
    token: str
    # How many requests the token outlives; None if it isn't revoked behind our back.
    token_uses: int | None
    items: list[str] = field(default_factory=list)


class Pipeline:
    """
    A thread that publishes the insight of each invoked function, sooner or later.

    Later is counted in how often somebody has asked, not in seconds: a slow machine
    then makes nothing fail that passes on a quick one.
    """

    def __init__(self) -> None:
        self._asked = threading.Condition()
        self._waiting: dict[str, int] = {}
        self._published: dict[str, dict[str, object]] = {}
        threading.Thread(target=self._run, daemon=True).start()

    def submit(self, function: str, reads: int) -> None:
        """
        Take in *function*, whose insight comes out after so many *reads*.
        """
        with self._asked:
            self._waiting[function] = reads
            self._asked.notify_all()

    def insight(self, function: str) -> dict[str, object] | None:
        """
        Look up what is published about *function*.
        """
        with self._asked:
            # Whatever is due by now, the thread writes first.
            self._asked.wait_for(lambda: 0 not in self._waiting.values(), timeout=5)
            if function in self._waiting:
                self._waiting[function] -= 1
                self._asked.notify_all()
                return None

            return self._published.get(function)

    def _run(self) -> None:
        while True:
            with self._asked:
                self._asked.wait_for(lambda: 0 in self._waiting.values())
                due = [name for name, reads in self._waiting.items() if reads == 0]
                for function in due:
                    del self._waiting[function]
                    self._published[function] = {
                        "function": function,
                        "kind": "cold_start",
                        "severity": "low",
                    }
                self._asked.notify_all()


class Handler(JSONHandler):
    """
    The service's HTTP API.
    """

    accounts: ClassVar[dict[str, Account]] = {}
    pipeline: ClassVar[Pipeline]

    def do_POST(self) -> None:
        """
        Sign up, add an item, or take in an invocation.
        """
        if self.handle_seed():
            return
        if self.path == "/signup":
            self._sign_up(self.json()["email"])
        elif self.path == "/invocations":
            self._take_in(self.json()["function"])
        elif self.path == "/items":
            item = self.json()["name"]
            if account := self._authorised():
                account.items.append(item)
                self.answer(201, {"name": item})
        else:
            self._not_found()

    def do_GET(self) -> None:
        """
        Show an insight or the items.
        """
        account = self._authorised()
        if account is None:
            return
        if self.path == "/items":
            self.answer(200, {"items": account.items})
        elif found := re.fullmatch(r"/insights/([\w-]+)", self.path):
            insight = self.pipeline.insight(found[1])
            self._not_found() if insight is None else self.answer(200, insight)
        else:
            self._not_found()

    def do_DELETE(self) -> None:
        """
        Sign out: revoke the token that the request carries.
        """
        if self.path != "/token":
            self._not_found()
        elif account := self._authorised():
            account.token_uses = 0
            self.answer(204)

    def _sign_up(self, email: str) -> None:
        customer = email.partition("@")[0]
        account = Account(
            id=f"acc_{secrets.token_hex(4)}",
            email=email,
            token=f"tok_{secrets.token_hex(16)}",
            token_uses=self.weather.draw("token", customer, {None: 0.8, 1: 0.2}),
        )
        self.accounts[account.token] = account
        self.answer(201, {"id": account.id, "token": account.token})

    def _take_in(self, function: str) -> None:
        odds = {0: 0.3, 1: 0.3, 3: 0.2, 9: 0.2}
        customer = function.rpartition("-")[0]
        self.pipeline.submit(function, self.weather.draw("pipeline", customer, odds))
        self.answer(202, {"function": function})

    def _authorised(self) -> Account | None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        account = self.accounts.get(token)
        if account is None:
            self._unauthorised("invalid_token", "The access token is unknown.")
        elif account.token_uses == 0:
            self._unauthorised("token_revoked", "The access token was revoked.")
        else:
            if account.token_uses is not None:
                account.token_uses -= 1
            return account

        return None

    def _unauthorised(self, error: str, message: str) -> None:
        challenge = f'Bearer error="invalid_token", error_description="{message}"'
        self.answer(
            401, {"error": error, "message": message}, {"WWW-Authenticate": challenge}
        )

    def _not_found(self) -> None:
        self.answer(404, {"error": "not_found", "message": f"Nothing at {self.path}."})


if __name__ == "__main__":
    Handler.pipeline = Pipeline()
    serve(Handler)
