MARK = "our late"
