MARK = "our tests.helper"
