"""What a checkpoint's files hold: headers, shapes, tensors; safetensors, PyTorch's and GGUF."""
