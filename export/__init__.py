"""The training side of Chorale Companion: data, Keras models, training, ONNX, scores."""
