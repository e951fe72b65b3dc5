"""Tensors of torch as the arrays that Thinc's optimizers update, without a copy."""

import torch
from thinc.compat import has_cupy_gpu
from thinc.types import FloatsXd
from thinc.util import torch2xp, xp2torch
from torch import Tensor


def view_as_array(tensor: Tensor) -> FloatsXd:
    """View a tensor as a NumPy array or, on a GPU, as a CuPy array in its memory.

    Without CuPy, the array of a tensor on a GPU is a copy on the CPU.
    """
    if tensor.is_cuda and not has_cupy_gpu:
        return tensor.detach().cpu().numpy()
    return torch2xp(tensor.detach())


def put_array(tensor: Tensor, array: FloatsXd) -> None:
    """Give a tensor the values of an array, unless the array is in its memory."""
    found = torch.as_tensor(xp2torch(array, device=tensor.device))
    if found.data_ptr() != tensor.data_ptr():
        tensor.copy_(found)
