"""Weights in the form in which V3 and R1 are published: FP8 with a scale for each block of 128 by 128."""

import torch


def quantise_fp8(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    rows, columns = (-(-size // 128) for size in weight.shape)
    scales = torch.empty(rows, columns)
    stored = torch.empty(weight.shape, dtype=torch.float8_e4m3fn)
    for row in range(rows):
        for column in range(columns):
            block = (slice(row * 128, row * 128 + 128), slice(column * 128, column * 128 + 128))
            scales[row, column] = weight[block].abs().max() / 448
            stored[block] = (weight[block] / scales[row, column]).to(torch.float8_e4m3fn)
    return stored, scales
