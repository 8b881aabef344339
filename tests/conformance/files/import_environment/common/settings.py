MARK = "our common.settings"
