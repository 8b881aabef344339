"""A Markov chain with a seeded draw: every form of transition, and the errors of a wrong chain
at class creation."""

import random

from locust import MarkovTaskSet, User, constant, transition, transitions


class Chain(MarkovTaskSet):
    steps = 0

    def say(self, letter):
        print(letter)
        Chain.steps += 1
        if Chain.steps == 25:
            self.user.environment.runner.quit()

    @transition("b")
    def a(self):
        self.say("a")

    @transitions({"a": 1, "c": 3})
    def b(self):
        self.say("b")

    @transitions(["a", ("b", 2)])
    def c(self):
        self.say("c")


def wrong_chain(body):
    try:
        type("Wrong", (MarkovTaskSet,), body)
    except Exception as error:
        print(type(error).__name__, type(error).__mro__[1].__name__)


def lost(self):
    pass


wrong_chain({})
wrong_chain({"start": transition("nowhere")(lost)})


class Walker(User):
    wait_time = constant(0)
    tasks = [Chain]

    def on_start(self):
        random.seed(3)
