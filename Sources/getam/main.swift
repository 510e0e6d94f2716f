print("getam")
