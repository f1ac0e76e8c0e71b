"""市区町村システムのアダプタのひな形 / a skeleton of an adapter for a municipal system.

標準ライブラリだけで動きます。小さな台帳をメモリに持ち、`renkei conform adapter-check` に通ります。
`Product` の中身を、自社製品の呼出しに置き換えてください。

It needs the standard library only, and keeps a tiny register in memory: enough for
`renkei conform adapter-check --role municipal-system --command python3 adapter.py`. Put calls of your own
product into `Product`. Standard output is for answers; write logs to standard error.
"""

import json
import sys


class Unsupported(Exception):
    """The product does not have what was asked for."""


class Product:
    """Your product. Each method takes the body of a request and gives the body of the answer."""

    def __init__(self):
        self.now = None
        self.records = {}

    def hello(self, body):
        """Who we are and what we can do; see the list of capabilities in docs/adapter.md."""
        return {
            "protocol": "renkei-adapter/1",
            "name": "skeleton",
            "vendor": "nobody",
            "version": "1",
            "roles": ["municipal-system"],
            "capabilities": ["clock.settable"],
        }

    def reset(self, body):
        """A fresh system at an instant: no records, no files."""
        self.now = body["at"]
        self.records = {}
        return {}

    def clock(self, body):
        """Time passes; do whatever is due until then."""
        self.now = body["until"]
        return {"at": self.now}

    def seed(self, body):
        """These people are in the register already; nothing is sent for them."""
        for person in body["residents"]:
            self.records[person["ref"]] = person
        return {}

    def file(self, body):
        """People file at a counter: decide, and tell what was decided."""
        outcomes = []
        for filing in body["filings"]:
            person = dict(filing["person"])
            person["address"] = filing["new_address"] or person["address"]
            self.records[person["ref"]] = person
            outcomes.append({"person": person["ref"], "filing": filing["filing"], "decision": "accepted"})
        return {"outcomes": outcomes}

    def collect(self, body):
        """Files that wait in the outbox, as {"name": …, "content": base64}; each is given once."""
        return {"files": []}

    def deliver(self, body):
        """Files of the ministry server: take them in, and name those that you refuse."""
        return {"refused": {}}

    def query(self, body):
        """One person's record. Values are texts; empty ones are left out."""
        person = self.records.get(body["person"])
        if person is None:
            return {"state": "none"}
        items = {key: value for key, value in person.items() if isinstance(value, str) and value}
        items.pop("ref")
        return {"state": "present", "items": items, "history": ["made"]}

    def bye(self, body):
        """The last word."""
        return {}

    def do(self, op, body):
        """Finds the method for an operation."""
        if op not in ("hello", "reset", "clock", "seed", "file", "collect", "deliver", "query", "bye"):
            raise Unsupported(f"no operation {op}")
        return getattr(self, op)(body)


def main():
    """A line in, a line out, in UTF-8, until the last word or the end of the input."""
    product = Product()
    for line in sys.stdin.buffer:
        request = json.loads(line.decode("utf-8"))
        answer = {"id": request["id"]}
        try:
            answer.update(ok=True, body=product.do(request["op"], request.get("body", {})))
        except Unsupported as error:
            answer.update(ok=False, code="unsupported", message=str(error))
        except Exception as error:  # whatever goes wrong in the product is told, and the next request comes
            answer.update(ok=False, code="fault", message=f"{type(error).__name__}: {error}")
        sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode("utf-8") + b"\n")
        sys.stdout.buffer.flush()
        if request["op"] == "bye":
            return


if __name__ == "__main__":
    main()
