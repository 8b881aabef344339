MARK = "our args"
