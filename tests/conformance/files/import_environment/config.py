MARK = "our config"
