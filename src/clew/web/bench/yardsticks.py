"""What this machine and PostgreSQL allow, without Clew: the figures that Clew's are divided by.

Works in a schema of its own in the scratch database:

- insert_per_s  single-row INSERTs per second, 32 clients (A)
- copy_per_s    lead rows per second by COPY in batches of 500 (B)
- belt_per_s    leads per second through the least a belt can do (C): claim, contact by phone hash, upsert,
                lead, assignment, three events, delete from the inbox, one NOTIFY, commit. No rule, no
                calendar, no audit: a ceiling, not a target.
"""

import hmac
import json
import multiprocessing
import os
import random
import re
import shutil
import subprocess
import tempfile
import time
import uuid
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

BATCH = 500
SCHEMA = """
create table inbox (id bigint generated always as identity primary key, key text not null unique,
  received timestamptz not null default now(), raw jsonb not null);
create table contact (id bigint generated always as identity primary key, phone_hash bytea not null,
  name text, phone text, first_seen timestamptz default now(), last_seen timestamptz default now(),
  n int default 1);
create table lead (id uuid primary key, contact_id bigint not null, inbox_id bigint not null unique,
  name text, company text, email text, source text, campaign text, city text, grade text, score int,
  data jsonb, created timestamptz default now());
create index on lead (contact_id);
create index on lead (source, created);
create table assignment (id bigint generated always as identity primary key, lead_id uuid not null,
  rep int not null, due timestamptz not null, state text not null default 'open');
create index on assignment (rep, due) where state = 'open';
create index on assignment (lead_id);
create table event (id bigint generated always as identity primary key, lead_id uuid not null,
  kind text not null, at timestamptz not null default now(), data jsonb);
create index on event (lead_id);
create table one (id bigint generated always as identity primary key, key text not null, raw text not null)
"""
BELT = """
with b as materialized (select * from json_to_recordset(%s::json) as x(inbox_id bigint, lead_id uuid,
  hash text, phone text, name text, company text, email text, source text, campaign text, city text,
  grade text, score int, rep int, data jsonb)),
u as (insert into contact (phone_hash, name, phone)
  select distinct on (hash) decode(hash, 'hex'), name, phone from b order by hash
  on conflict (phone_hash) do update set last_seen = now(), n = contact.n + 1
  returning id, phone_hash),
l as (insert into lead (id, contact_id, inbox_id, name, company, email, source, campaign, city, grade,
    score, data)
  select b.lead_id, u.id, b.inbox_id, b.name, b.company, b.email, b.source, b.campaign, b.city,
    b.grade, b.score, b.data from b join u on u.phone_hash = decode(b.hash, 'hex')),
a as (insert into assignment (lead_id, rep, due) select lead_id, rep, now() + interval '5 min' from b),
e as (insert into event (lead_id, kind, data) select lead_id, k, jsonb_build_object('score', score)
  from b cross join unnest(array['received', 'graded', 'assigned']) k),
d as (delete from inbox using b where inbox.id = b.inbox_id)
select count(*) from u
"""
COPY_LEAD = """copy lead (id, contact_id, inbox_id, name, company, email, source, campaign, city, grade,
  score, data) from stdin"""
INSERT = "insert into yardstick.one (key, raw) values (md5(random()::text), repeat('x', 300));\n"
CLAIM = "select id, raw::text from inbox order by id limit %s for update skip locked"
MOBILE = re.compile(r"^(?:\+?86)?(1\d{10})$")
SOURCES = ("site", "search", "social", "referral", "fair", "partner")
CITIES = ("上海", "成都", "苏州", "广州", "西安")


def measure(
    dsn: str, *, seconds: int, leads: int, contacts: int, workers: int
) -> dict[str, float | None]:
    """Measure A, B and C on the database of `dsn`."""
    _set_up(dsn, contacts)
    try:
        return {
            "insert_per_s": _rounded(insert(dsn, seconds)),
            "copy_per_s": round(copy(dsn, leads, contacts)),
            "belt_per_s": round(belt(dsn, leads, contacts, workers)),
        }
    finally:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("drop schema if exists yardstick cascade")


def insert(dsn: str, seconds: int) -> float | None:
    """Count single-row INSERTs per second by pgbench with 32 clients; None where it is missing."""
    pgbench = find_pgbench()
    if pgbench is None:
        return None
    parts = conninfo_to_dict(dsn)
    given = {k: v for k, v in parts.items() if k in ("host", "port", "user", "password")}
    environment = {f"PG{k.upper()}": str(v) for k, v in given.items()}
    environment["PGDATABASE"] = str(parts["dbname"])
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(INSERT)
        script.flush()
        said = subprocess.run(  # noqa: S603  pgbench, with our own script
            [
                pgbench,
                "-n",
                "-f",
                script.name,
                *["-c", "32", "-j", "2", "-M", "prepared", "-T"],
                str(seconds),
            ],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    found = re.search(r"tps = ([\d.]+) \(without", said)
    return float(found[1]) if found else None


def find_pgbench() -> str | None:
    """Find pgbench in PATH or where Debian keeps it."""
    places = (Path(f"/usr/lib/postgresql/{v}/bin/pgbench") for v in range(19, 14, -1))
    return shutil.which("pgbench") or next((str(p) for p in places if p.exists()), None)


def copy(dsn: str, leads: int, contacts: int) -> float:
    """Count rows per second of COPY in batches."""
    chance = random.Random(8)  # noqa: S311  the same rows in every run
    name, company = "张三", "某某自动化有限公司"
    rows = []
    for i in range(leads):
        data = _body(i, contacts, chance)
        email = f"u{i}@example.com"
        rows.append((uuid.uuid4(), 1, i, name, company, email, "site", "c1", "上海", "A", 80, data))
    with _connect(dsn) as connection:
        connection.execute("truncate lead")
        connection.commit()
        start = time.perf_counter()
        for at in range(0, leads, BATCH):
            with connection.cursor().copy(COPY_LEAD) as copying:
                for row in rows[at : at + BATCH]:
                    copying.write_row(row)
            connection.commit()
        return leads / (time.perf_counter() - start)


def belt(dsn: str, leads: int, contacts: int, workers: int) -> float:
    """Count leads per second through the least belt. Raises RuntimeError where rows are missing."""
    _fill(dsn, leads, contacts)
    fork = multiprocessing.get_context("fork")
    done: Queue[int] = fork.Queue()
    go = fork.Barrier(workers + 1)
    crew = [fork.Process(target=_work, args=(dsn, go, done)) for _ in range(workers)]
    for process in crew:
        process.start()
    go.wait()
    start = time.perf_counter()
    handled = sum(done.get() for _ in crew)
    seconds = time.perf_counter() - start
    for process in crew:
        process.join()
    with _connect(dsn) as connection:
        counts = connection.execute(
            """select (select count(*) from lead), (select count(*) from event),
              (select count(*) from assignment), (select count(*) from inbox)"""
        ).fetchone()
    if (handled, counts) != (leads, (leads, 3 * leads, leads, 0)):
        raise RuntimeError(f"the yardstick belt lost rows: {handled}, {counts}")
    return leads / seconds


def _work(dsn: str, go: Any, done: "Queue[int]") -> None:
    count = 0
    with _connect(dsn) as connection:
        go.wait()
        while rows := connection.execute(CLAIM, (BATCH,)).fetchall():
            leads = [
                _judge(inbox_id, json.loads(raw), count + i)
                for i, (inbox_id, raw) in enumerate(rows)
            ]
            count += len(leads)
            connection.execute(BELT, (json.dumps(leads),))
            connection.execute("select pg_notify('leads', %s)", (str(len(leads)),))
            connection.commit()
    done.put(count)


def _judge(inbox_id: int, given: dict[str, Any], turn: int) -> dict[str, Any]:
    match = MOBILE.match(given["phone"])
    number = "+86" + match[1] if match else given["phone"]
    score = (30 if given["source"] == "site" else 15) + min(given["data"]["quantity"] // 10, 40)
    score += 10 * bool(given["email"]) + 10 * bool(given["company"])
    return {
        **given,
        "inbox_id": inbox_id,
        "lead_id": str(uuid.uuid4()),
        "hash": _phone_hash(number).hex(),
        "phone": number,
        "grade": "ABCD"[3 - min(score // 25, 3)],
        "score": score,
        "rep": turn % 40,
    }


def _set_up(dsn: str, contacts: int) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("drop schema if exists yardstick cascade")
        connection.execute("create schema yardstick")
    with _connect(dsn) as connection:
        for statement in SCHEMA.split(";"):
            connection.execute(statement.encode())
        with connection.cursor().copy(
            "copy contact (phone_hash, name, phone) from stdin (format binary)"
        ) as copying:
            copying.set_types(["bytea", "text", "text"])
            for i in range(contacts):
                phone = "+86" + _phone(i)
                copying.write_row((_phone_hash(phone), f"n{i}", phone))
        connection.execute("create unique index on contact (phone_hash)")
    with _connect(dsn, autocommit=True) as connection:
        connection.execute("vacuum analyze contact")


def _fill(dsn: str, leads: int, contacts: int) -> None:
    chance = random.Random(7)  # noqa: S311  the same rows in every run
    with _connect(dsn) as connection:
        connection.execute("truncate inbox, lead, assignment, event")
        with connection.cursor().copy("copy inbox (key, raw) from stdin") as copying:
            for i in range(leads):
                copying.write_row((uuid.uuid4().hex, _body(i, contacts, chance)))
    with _connect(dsn, autocommit=True) as connection:
        connection.execute("analyze inbox")
        connection.execute("checkpoint")


def _body(i: int, contacts: int, chance: random.Random) -> str:
    known = chance.random() < 0.3
    phone = _phone(chance.randrange(contacts)) if known else f"1{chance.randrange(10**10):010d}"
    body = {
        "name": f"张三{i}",
        "phone": phone,
        "company": "某某自动化有限公司",
        "email": f"u{i}@example.com",
        "source": chance.choice(SOURCES),
        "campaign": f"c{i % 50}",
        "city": chance.choice(CITIES),
        "data": {"message": "询价 400W 伺服电机 " * 12, "quantity": chance.randrange(500)},
    }
    return json.dumps(body, ensure_ascii=False)


def _phone(i: int) -> str:
    return f"1{i * 9973 % 10**10:010d}"


def _phone_hash(phone: str) -> bytes:
    return hmac.digest(b"k" * 32, phone.encode(), "sha256")[:16]


def _connect(dsn: str, *, autocommit: bool = False) -> psycopg.Connection[tuple[Any, ...]]:
    given = conninfo_to_dict(dsn).get("options") or ""
    options = f"{given} -c search_path=yardstick"
    return psycopg.connect(dsn, options=options, autocommit=autocommit)


def _rounded(rate: float | None) -> int | None:
    return None if rate is None else round(rate)
