"""
How calls of databases and of remote procedures are called, by old names and new.
"""

from __future__ import annotations

import pytest

from otel_testkit.trace.naming import call_name
from otel_testkit.trace.questions import answer


@pytest.mark.parametrize(
    ("statement", "summary"),
    [
        ("select * from orders where id = 7", "SELECT postgresql orders"),
        ('INSERT INTO "shop"."orders" VALUES (1)', "INSERT postgresql shop.orders"),
        ("/* by */ update only orders set a = 1", "UPDATE postgresql orders"),
        ("delete from orders", "DELETE postgresql orders"),
        ("create table if not exists orders (id int)", "CREATE postgresql orders"),
        ("-- from nowhere\nselect 1", "select postgresql"),
        ("commit", "commit postgresql"),
        ("", "query postgresql"),
    ],
)
@pytest.mark.parametrize(
    "names",
    [("db.system", "db.statement"), ("db.system.name", "db.query.text")],
    ids=["old", "new"],
)
def test_statements(names, statement, summary) -> None:
    """
    A statement is called by what it does, of which database, with which table.
    """
    attributes = dict(zip(names, ("postgresql", statement), strict=True))

    assert summary == call_name(attributes).summary


@pytest.mark.parametrize(
    ("attributes", "summary"),
    [
        ({"db.system": "redis", "db.statement": "GET ?"}, "GET redis"),
        (
            {
                "db.system": "redis",
                "db.statement": "GET ?",
                "service.peer.name": "cache",
            },
            "GET cache",
        ),
        (
            {
                "db.system": "mongodb",
                "db.statement": "find",
                "db.mongodb.collection": "orders",
            },
            "find mongodb orders",
        ),
        (
            {
                "db.system.name": "mysql",
                "db.operation.name": "connect",
                "server.address": "db.test",
                "server.port": 3306,
            },
            "connect mysql db.test:3306",
        ),
        (
            {"rpc.system": "grpc", "rpc.service": "shop.Orders", "rpc.method": "Get"},
            "gRPC shop.Orders/Get",
        ),
        (
            {"rpc.system.name": "grpc", "rpc.method": "shop.Orders/Get"},
            "gRPC shop.Orders/Get",
        ),
    ],
)
def test_others(attributes, summary) -> None:
    """
    So are commands, connects and remote procedures.
    """
    assert summary == call_name(attributes).summary


def test_aws_is_called_by_http() -> None:
    """
    What is asked of AWS is told by the calls below, also where it is a database.
    """
    told = {"rpc.system": "aws-api", "rpc.service": "S3", "db.system": "dynamodb"}

    assert call_name(told) is None


@pytest.mark.parametrize(
    ("attributes", "word"),
    [
        ({"rpc.grpc.status_code": 14}, "UNAVAILABLE"),
        ({"rpc.grpc.status_code": 0}, "OK"),
        ({"rpc.grpc.status_code": 99}, "99"),
        ({"rpc.response.status_code": "NOT_FOUND"}, "NOT_FOUND"),
        ({"db.response.status_code": "23505"}, "23505"),
        ({}, ""),
    ],
)
def test_answers(attributes, word) -> None:
    """
    What came back is told in a word.
    """
    assert word == answer(attributes)
