"""What a quantization costs, measured on the texts that come with mlxtui."""
