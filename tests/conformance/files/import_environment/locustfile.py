"""Sibling modules with names that an installed package also has are found first; the directory
of the file is importable while the file is loaded."""

import os
import sys

import args
import config
import data
import tests.helper
import utils
from common import settings

from locust import HttpUser, task

print(args.MARK, config.MARK, data.MARK, utils.MARK, settings.MARK, tests.helper.MARK)
print(__name__, sys.modules[__name__].__name__, os.path.basename(__file__))
print(
    os.path.exists("import_environment"),
    os.path.dirname(os.path.abspath(__file__)) == os.path.dirname(utils.__file__),
)
print("loaded once", "import_count" not in os.environ)
os.environ["import_count"] = "1"


class Importing(HttpUser):
    @task
    def visit(self):
        try:
            import late

            print(late.MARK)
        except ModuleNotFoundError as error:
            print(error)
        self.client.get(utils.PATH)
        self.environment.runner.quit()
