"""What a model thought, made visible.

traced     what a trace tells, as values
checked    a value of JSON that is not trusted
reading    traces read
"""
