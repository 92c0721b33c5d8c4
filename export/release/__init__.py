"""ONNX files and their proofs.

onnx_file    Keras → ONNX, and that both agree
lean         nodes that need not be there
calibration  logits divided by what validation likes best
precision    int8, and what it costs
release      what ships
card         a model's card
command      a run's settings as its command, and read from it
unpack       a model file as a run again
"""
