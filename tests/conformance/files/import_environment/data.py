MARK = "our data"
