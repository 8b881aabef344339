MARK = "our utils"
PATH = "/status/200"
