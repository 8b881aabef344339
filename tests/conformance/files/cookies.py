"""The cookie jar of a user: set by answers, by the file, by a call; read, replaced and cleared;
not shared by users."""

import gevent
from gevent.event import Event

from locust import HttpUser, constant, events, task


class Jar(HttpUser):
    wait_time = constant(0)
    users = []
    first_is_done = Event()

    def cookies_sent(self, **options):
        sent = self.client.get("/echo", name="echo", **options).json()["headers"]
        return sorted(
            "; ".join(value for name, value in sent if name.lower() == "cookie").split("; ")
        )

    def on_start(self):
        Jar.users.append(self)
        self.client.get(f"/cookies/set?who={len(Jar.users)}", name="set", allow_redirects=False)

    @task
    def visit(self):
        client = self.client
        if self is not Jar.users[0]:
            Jar.first_is_done.wait()
            print("second", self.cookies_sent())
            gevent.spawn(self.environment.runner.quit)
            gevent.sleep(60)
        print(
            "first",
            self.cookies_sent(),
            client.cookies["who"],
            client.cookies.get("none", "default"),
        )
        client.cookies.set("own", "1")
        client.cookies["dict"] = "2"
        print(self.cookies_sent())
        print(self.cookies_sent(cookies={"call": "only"}), sorted(client.cookies.keys()))
        client.cookies.clear()
        print(self.cookies_sent(), len(client.cookies))
        client.cookies.update({"after": "3"})
        print(self.cookies_sent(headers={"X": "1"}), client.cookies.get_dict())
        response = client.get("/cookies/set?late=4", name="set", allow_redirects=False)
        print(
            response.cookies.get_dict(),
            [(c.name, c.value, c.path) for c in sorted(client.cookies, key=lambda c: c.name)],
        )
        Jar.first_is_done.set()
        gevent.sleep(60)


@events.spawning_complete.add_listener
def complete(user_count, **kw):
    print("users", user_count)
