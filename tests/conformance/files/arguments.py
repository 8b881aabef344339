"""Arguments of the file's own: types, choices, flags, lists, variables, groups."""

import json

from locust import User, constant, events, task


@events.init_command_line_parser.add_listener
def add(parser):
    parser.add_argument(
        "--tenant",
        type=str,
        env_var="TENANT",
        default="none",
        help="the tenant",
        include_in_web_ui=False,
    )
    parser.add_argument("--count", type=int, default=3, is_required=False)
    parser.add_argument("--wait_time", type=float, default=0.5)
    parser.add_argument("--verbose-user", action="store_true")
    parser.add_argument("--size", choices=["s", "m"], default="s")
    parser.add_argument("--numbers", type=int, nargs="*", default=[])
    parser.add_argument("--body", type=json.loads, default={})
    parser.add_argument("--secret", is_secret=True, default="")
    group = parser.add_argument_group("mine")
    group.add_argument("-o", "--own", dest="OWN_DEST", default="o")


@events.init.add_listener
def show(environment, **kw):
    options = environment.parsed_options
    print(options.tenant, options.count, options.wait_time, options.verbose_user, options.size)
    print(options.numbers, options.body, options.secret, options.OWN_DEST)


class Arguments(User):
    wait_time = constant(0)

    @task
    def visit(self):
        print(self.environment.parsed_options.tenant)
        self.environment.runner.quit()
